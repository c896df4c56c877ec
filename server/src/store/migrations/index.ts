import type { Migration } from 'kysely/migration';
import * as initial from './001-initial.ts';
import * as stream from './002-stream.ts';
import * as seal from './003-seal.ts';
import * as queuePosition from './004-queue-position.ts';
import * as sealedRequest from './005-sealed-request.ts';
import * as lookUps from './006-look-ups.ts';

/** Every step from an empty database to the present one, in order. A step that was released is never changed. */
export const migrations: Readonly<Record<string, Migration>> = {
  '001-initial': initial,
  '002-stream': stream,
  '003-seal': seal,
  '004-queue-position': queuePosition,
  '005-sealed-request': sealedRequest,
  '006-look-ups': lookUps,
};
