/** What the engineer found and did. One diagnosis per visit, made by its first edit. */
import { changesOf } from '../protocol/effects/changes'
import { NO_DIAGNOSIS } from '../protocol/effects/fact'
import { newId } from '../protocol/ids'
import type { DiagnosisFields, Id } from '../protocol/nouns'
import { record } from './record'

/** Writes only the fields that differ from what this device shows; nothing at all when none does. */
export async function editDiagnosis(visit_id: Id, edited: Partial<DiagnosisFields>): Promise<void> {
  await record('diagnosis.edit', async (view) => {
    const row = (await view.find('diagnosis', 'visit_id', visit_id)).find((found) => !found.body.withdrawn)
    const told = Object.fromEntries(Object.entries(edited).map(([field, value]) => [field, worded(field, value)]))
    const changes = changesOf<DiagnosisFields>(row?.body ?? NO_DIAGNOSIS, told)
    return changes && { id: row?.id ?? newId(), visit_id, changes }
  })
}

/** On the wire nothing chosen is an empty string; only the asset is an id or null. */
const worded = (field: string, value: unknown): unknown => (value === null && field !== 'asset_id' ? '' : value)
