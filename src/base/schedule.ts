/** When something is done: cron's five fields (crontab(5)), or a time of day. */
export interface Schedule {
  readonly fields: readonly (readonly number[])[];
  /** a day of the month or of the week that begins with a star limits the other one, and else either is enough */
  readonly isEither: boolean;
  readonly cron: string;
}

interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly words?: readonly string[];
}

const WEEK = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MINUTE: Field = { name: 'minute', first: 0, last: 59 };
const HOUR: Field = { name: 'hour', first: 0, last: 23 };
const FIELDS: readonly Field[] = [
  MINUTE,
  HOUR,
  { name: 'day of the month', first: 1, last: 31 },
  { name: 'month', first: 1, last: 12, words: ['', ...MONTHS] },
  // 7 is Sunday too
  { name: 'day of the week', first: 0, last: 7, words: WEEK.map((day) => day.toLowerCase()) },
];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FORM = 'a time of day, as 03:30, or the five fields of cron, as "30 3 * * 1-5"';

/** @returns a text: what is wrong, as the end of a sentence */
export function parseSchedule(text: string): Schedule | string {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const written =
    hour === undefined || minute === undefined ? text.trim().split(/[ \t]+/) : [minute, hour, '*', '*', '*'];
  if (written.length !== FIELDS.length) return `is not ${FORM}`;
  const fields: (readonly number[])[] = [];
  for (const [n, field] of FIELDS.entries()) {
    const values = parseField(written[n] ?? '', field);
    if (typeof values === 'string') return values;
    fields.push(values);
  }
  const [, , day = '', , weekday = ''] = written;
  const isEither = !day.startsWith('*') && !weekday.startsWith('*');
  const [, , days = [], months = []] = fields;
  const comes = isEither || months.some((month) => days.some((one) => one <= (LONGEST_MONTHS[month - 1] ?? 0)));
  if (!comes) return `has the day of the month "${day}" with the month "${written[3] ?? ''}", which never comes`;
  return { fields, isEither, cron: written.map((field) => field.replace(/^0+(?=\d)/, '')).join(' ') };
}

function parseField(text: string, { name, first, last, words = [] }: Field): readonly number[] | string {
  const wrong = `has the ${name} "${text}", which is not * or ${first} to ${last === 7 ? 6 : last}, with lists, ranges and steps as 1,5 or 1-5 or */2`;
  const read = (word: string): number => {
    const named = words.indexOf(word.toLowerCase());
    return /^\d{1,2}$/.test(word) ? Number(word) : named === -1 || word === '' ? NaN : named;
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', from, to, step = '1'] = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    const start = range === '*' ? first : read(from ?? '');
    const end = range === '*' ? last : to === undefined ? start : read(to);
    // cron takes a step behind a range alone
    const isStepAlone = part.includes('/') && range !== '*' && to === undefined;
    if (!(start >= first && end <= last && start <= end) || Number(step) < 1 || isStepAlone) return wrong;
    for (let value = start; value <= end; value += Number(step)) values.add(last === 7 ? value % 7 : value);
  }
  return [...values].sort((a, b) => a - b);
}

/** The same for systemd.time(7): one calendar event or, where either of two kinds of days is enough, two. */
export function listCalendars({ fields, isEither }: Schedule): readonly string[] {
  const [minute, hour, day, month] = fields.map((values, n) => {
    const { first, last } = FIELDS[n] ?? MINUTE;
    return values.length > last - first ? '*' : values.map((value) => String(value).padStart(2, '0')).join(',');
  });
  const weekdays = fields[4] ?? [];
  const week = weekdays.length === WEEK.length ? '' : `${weekdays.map((value) => WEEK[value] ?? '').join(',')} `;
  const format = (week: string, day = '*'): string =>
    `${week}*-${month ?? '*'}-${day} ${hour ?? '*'}:${minute ?? '*'}:00`;
  return isEither ? [format('', day), format(week)] : [format(week, day)];
}

/** A leap day on a certain day of the week. */
const LONGEST_DAYS = 366 * 41;

/** When it was due last, by the clock of this host; undefined: not in the last decades. */
export function findLastDue({ fields, isEither }: Schedule, now: Date): Date | undefined {
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = fields;
  for (let back = 0; back <= LONGEST_DAYS; back++) {
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - back);
    const [isDay, isWeekday] = [days.includes(date.getDate()), weekdays.includes(date.getDay())];
    if (!months.includes(date.getMonth() + 1) || !(isEither ? isDay || isWeekday : isDay && isWeekday)) continue;
    for (const hour of hours.toReversed())
      for (const minute of minutes.toReversed()) {
        const due = new Date(date.getFullYear(), date.getMonth(), date.getDate(), hour, minute);
        if (due <= now) return due;
      }
  }
  return undefined;
}
