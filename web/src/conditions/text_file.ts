// A condition text from a file of the user's: UTF-8, or what Korean Windows wrote before it.

/** What the server takes (docs/api.md). */
export const kMostBytes = 256 * 1024;

export function readText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('euc-kr').decode(bytes);
  }
}
