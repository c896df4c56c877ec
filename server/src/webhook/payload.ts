import type { OutboxRow } from '../store/outbox.ts';
import { sealJson, type Vault } from '../vault.ts';

/** What a webhook sends: its bytes are fixed and sealed when the job ends; every attempt signs and sends the same ones. */
export function sealPayload(vault: Vault, id: string, payload: unknown): Buffer {
  return sealJson(vault, payload, contextOf(id));
}

/** The bytes of a payload. One from before they were sealed is plain JSON. */
export function openPayload(vault: Vault, { id, body }: Pick<OutboxRow, 'id' | 'body'>): Buffer {
  return body[0] === 0x7b ? body : vault.open(body, contextOf(id));
}

const contextOf = (id: string): string => `webhook:${id}`;
