// What happened in the session: commands, orders by hand, fills, refusals, gaps. Newest first.
import { useMemo, useState } from 'react';
import { known } from '../i18n/translate';
import { formatTime } from '../money/time';
import { useApp, useCalm, usePrefs, useT } from '../shell/app';
import { isLogShown, logText } from '../state/log';
import type { LogFilter } from '../state/prefs';
import type { LogEntry } from '../wire/types';
import { Choices } from './Choices';
import { type Column, VirtualTable } from './VirtualTable';

const kFilters: readonly LogFilter[] = ['all', 'operator', 'fills', 'problems'];

export function LogTable() {
  const t = useT();
  const { prefs } = useApp();
  const { zone, logFilter } = usePrefs();
  const log = useCalm((state) => state.log);
  const [search, setSearch] = useState('');
  const rows = useMemo(() => {
    const wanted = search.toLowerCase();
    const shown = log.filter(
      (entry) =>
        isLogShown(entry, logFilter) &&
        (wanted === '' ||
          `${entry.source} ${entry.code} ${logText(entry, t, zone)}`.toLowerCase().includes(wanted)),
    );
    return shown.reverse();
  }, [log, logFilter, search, t, zone]);
  const columns: Column<LogEntry>[] = [
    {
      key: 'time',
      title: t('common.time'),
      cell: (e) => <span className="num">{formatTime(e.time_ns, zone)}</span>,
    },
    {
      key: 'level',
      title: t('log.level'),
      cell: (e) => <span className={`level ${e.level}`}>{t(`level.${e.level}`)}</span>,
    },
    {
      key: 'source',
      title: t('log.source'),
      cell: (e) => {
        const words = known('log.source', e.source);
        return words ? t(words) : e.source;
      },
    },
    { key: 'text', title: t('log.text'), cell: (e) => <span title={e.code}>{logText(e, t, zone)}</span> },
  ];
  return (
    <div className="log">
      <div className="filters">
        <Choices
          label={t('log.filter')}
          options={kFilters.map((filter) => [filter, t(`log.filter.${filter}`)])}
          chosen={logFilter}
          choose={(filter) => prefs.set({ logFilter: filter })}
        />
        <input
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={t('log.search')}
          aria-label={t('log.search')}
        />
      </div>
      <VirtualTable
        label={t('tab.log')}
        empty={t('log.none')}
        columns={columns}
        rows={rows}
        rowKey={(_, at) => at}
        rowClass={(e) => e.level}
        rowData={(e) => ({ 'data-code': e.code })}
      />
    </div>
  );
}
