// Is this frame the next one of its topic? One Sequence per subscription (docs/api.md, "Sequence").

export type Verdict = 'apply' | 'gap' | 'ignore';

export class Sequence {
  private last = 0;
  private healing = true; // until the first snapshot

  /** 'gap' once per gap: the caller subscribes again, and what follows is ignored until the snapshot. */
  accept(seq: number, snapshot: boolean): Verdict {
    if (snapshot) {
      this.healing = false;
      this.last = seq;
      return 'apply';
    }
    if (this.healing) return 'ignore';
    if (seq === this.last + 1) {
      this.last = seq;
      return 'apply';
    }
    this.healing = true;
    return 'gap';
  }
}

/** Wait before try number n (from 1): 0.5 s doubled up to 10 s, less up to a quarter so that tabs do not march in step. */
export function backoffMs(tries: number, random: number): number {
  const full = Math.min(10_000, 500 * 2 ** Math.min(tries - 1, 5));
  return Math.round(full * (1 - 0.25 * random));
}
