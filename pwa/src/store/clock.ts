/** The device's own clock. It is evidence, never authority: the server's order decides. */

/** This instant as the device believes it, in UTC with milliseconds. */
export const now = (): string => new Date().toISOString()
