/** Where the pictures of an answer go: to its visit; or, while a draft is tried out, no further than the page. */
import { inject, type InjectionKey } from 'vue'
import { addPhotos } from '@/acts'

export interface PhotoKeeper {
  keep: typeof addPhotos
  /** Of a picture that no row tells of. */
  urlOf: (id: string) => string | undefined
}
export const PHOTO_KEEPER: InjectionKey<PhotoKeeper> = Symbol('photos')
const OF_THE_VISIT: PhotoKeeper = { keep: addPhotos, urlOf: () => undefined }

export const usePhotoKeeper = (): PhotoKeeper => inject(PHOTO_KEEPER, OF_THE_VISIT)
