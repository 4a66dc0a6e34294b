/** Says when an element comes near the screen and when it is far again; one observer watches them all. */
const NEAR = '600px'

type Told = (isNear: boolean) => void
const told = new WeakMap<Element, Told>()
let observer: IntersectionObserver | null = null

export function whenNear(element: Element, tell: Told): () => void {
  if (typeof IntersectionObserver === 'undefined') {
    tell(true)
    return () => {}
  }
  observer ??= new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) told.get(target)?.(isIntersecting)
  }, { rootMargin: NEAR })
  told.set(element, tell)
  observer.observe(element)
  return () => observer!.unobserve(element)
}
