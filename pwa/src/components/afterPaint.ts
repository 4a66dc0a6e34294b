import { ref, watch, type Ref } from 'vue'

/** A page nobody looks at is not painted; it goes on after this. */
const AT_THE_LATEST_MS = 250

/** True once what `ready` lets appear has been painted, and from then on. */
export function useAfterPaint(ready: Readonly<Ref<boolean>>): Readonly<Ref<boolean>> {
  const painted = ref(false)
  const done = () => { painted.value = true }
  const stop = watch(ready, (is) => {
    if (!is) return
    queueMicrotask(() => stop())
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))) // the second one comes after the paint
    setTimeout(done, AT_THE_LATEST_MS)
  }, { immediate: true })
  return painted
}
