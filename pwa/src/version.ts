/** Of this build: page and worker of one build say the same. From package.json, or the environment's APP_VERSION. */
declare const APP_BUILD_VERSION: string

export const APP_VERSION = APP_BUILD_VERSION
