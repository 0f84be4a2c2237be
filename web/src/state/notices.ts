// Short messages over the screen: what was refused and why, what went through, what a trading session tells. Errors stay
// until closed.
export interface Notice {
  readonly id: number;
  readonly kind: 'ok' | 'warn' | 'error';
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  readonly params: Record<string, string>;
}

const kMost = 4;
const kShownMs = { ok: 4_000, warn: 12_000 } as const;

export class Notices {
  private list: readonly Notice[] = [];
  private nextId = 1;
  private readonly listeners = new Set<() => void>();

  readonly state = (): readonly Notice[] => this.list;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(notice: Omit<Notice, 'id'>): void {
    const id = this.nextId++;
    this.put([...this.list, { ...notice, id }].slice(-kMost));
    if (notice.kind !== 'error') setTimeout(() => this.close(id), kShownMs[notice.kind]);
  }

  close(id: number): void {
    this.put(this.list.filter((notice) => notice.id !== id));
  }

  private put(list: readonly Notice[]): void {
    this.list = list;
    for (const listener of this.listeners) listener();
  }
}
