import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * Signed URLs of media: whoever has the token may do one thing with one object until it expires.
 *
 *   token = base64url(JSON) "." base64url(HMAC-SHA256(key, the first part))
 */
export interface Grant {
  readonly tenant: string;
  readonly key: string;
  readonly method: 'PUT' | 'GET';
  /** Unix seconds. */
  readonly expires: number;
}

export interface Signer {
  sign(grant: Grant): string;
  /** The grant of a token that we signed and that has not expired; undefined for any other. */
  verify(token: string): Grant | undefined;
}

/** Makes a signer whose key comes from the deployment's encryption key. */
export function createSigner(masterKey: Buffer, now: () => number = () => Date.now()): Signer {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'diarist media url', 32));
  const mac = (text: string) => createHmac('sha256', key).update(text).digest();
  return {
    sign(grant) {
      const text = Buffer.from(JSON.stringify([grant.tenant, grant.key, grant.method, grant.expires])).toString(
        'base64url',
      );
      return `${text}.${mac(text).toString('base64url')}`;
    },
    verify(token) {
      const [text, signature, ...rest] = token.split('.');
      if (!text || !signature || rest.length > 0) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const right = mac(text);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const [tenant, name, method, expires] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [
        string,
        string,
        'PUT' | 'GET',
        number,
      ];
      return expires * 1000 > now() ? { tenant, key: name, method, expires } : undefined;
    },
  };
}
