/**
 * ADTS (ISO/IEC 13818-7): the seven bytes that make an AAC frame stand for itself. MP4 and Matroska leave them out and
 * say once, in an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), what each frame's header would repeat.
 */
export interface AacConfig {
  /** 1 main, 2 low complexity, 3 scalable rate, 4 long-term prediction: what ADTS can say. */
  readonly objectType: number;
  readonly rateIndex: number;
  readonly channelConfig: number;
}

export const AAC_RATES: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** Undefined for the kinds of AAC that ADTS cannot carry (low delay, USAC, channels by a program element). */
export function parseAacConfig(bytes: Uint8Array): AacConfig | undefined {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = (value << 1) | (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  const objectTypeOf = (): number => {
    const type = bits(5);
    return type === 31 ? 32 + bits(6) : type;
  };
  const rateIndexOf = (): number => {
    const index = bits(4);
    return index === 15 ? AAC_RATES.indexOf(bits(24)) : index;
  };
  let objectType = objectTypeOf();
  const rateIndex = rateIndexOf();
  const channelConfig = bits(4);
  if (objectType === 5 || objectType === 29) {
    rateIndexOf(); // the doubled rate of high-efficiency AAC; what follows is the kind of its core
    objectType = objectTypeOf();
  }
  const carried = objectType >= 1 && objectType <= 4 && rateIndex >= 0 && rateIndex <= 12;
  return carried && channelConfig >= 1 && channelConfig <= 7 ? { objectType, rateIndex, channelConfig } : undefined;
}

/** The frame with its header. */
export function withAdtsHeader(frame: Uint8Array, { objectType, rateIndex, channelConfig }: AacConfig): Uint8Array {
  const length = frame.length + 7;
  const out = new Uint8Array(length);
  out[0] = 0xff;
  out[1] = 0xf1; // MPEG-4, no checksum
  out[2] = ((objectType - 1) << 6) | (rateIndex << 2) | (channelConfig >> 2);
  out[3] = ((channelConfig & 3) << 6) | (length >> 11);
  out[4] = (length >> 3) & 255;
  out[5] = ((length & 7) << 5) | 31;
  out[6] = 0xfc;
  out.set(frame, 7);
  return out;
}
