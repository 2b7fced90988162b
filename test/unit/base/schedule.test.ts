import { describe, expect, it } from 'vitest';
import { findLastDue, listCalendars, parseSchedule, type Schedule } from '../../../src/base/schedule.ts';

function parse(text: string): Schedule {
  const schedule = parseSchedule(text);
  if (typeof schedule === 'string') throw new Error(schedule);
  return schedule;
}

describe('a schedule', () => {
  it.each([
    ['03:30', '30 3 * * *', ['*-*-* 03:30:00']],
    ['7:00', '0 7 * * *', ['*-*-* 07:00:00']],
    ['*/15 * * * *', '*/15 * * * *', ['*-*-* *:00,15,30,45:00']],
    ['0 8-18/5 * * mon-fri', '0 8-18/5 * * mon-fri', ['Mon,Tue,Wed,Thu,Fri *-*-* 08,13,18:00:00']],
    ['0 3 * * 6,7', '0 3 * * 6,7', ['Sun,Sat *-*-* 03:00:00']],
    ['0 3 * * 5-7', '0 3 * * 5-7', ['Sun,Fri,Sat *-*-* 03:00:00']],
    ['0 3 1 jan *', '0 3 1 jan *', ['*-01-01 03:00:00']],
    // crontab(5): where both are restricted, either day is enough
    ['0 3 1,15 * 5', '0 3 1,15 * 5', ['*-*-01,15 03:00:00', 'Fri *-*-* 03:00:00']],
    // and where one begins with a star, it is not
    [
      '0 3 */2 2 5',
      '0 3 */2 2 5',
      [`Fri *-02-${Array.from({ length: 16 }, (_, n) => String(2 * n + 1).padStart(2, '0')).join(',')} 03:00:00`],
    ],
    ['  05  4 * *  *', '5 4 * * *', ['*-*-* 04:05:00']],
  ])('%s', (text, cron, calendars) => {
    expect(parse(text).cron).toBe(cron);
    expect(listCalendars(parse(text))).toEqual(calendars);
  });

  it.each([
    ['daily', 'is not a time of day'],
    ['@daily', 'is not a time of day'],
    ['', 'is not a time of day'],
    ['24:00', 'has the hour "24"'],
    ['03:60', 'has the minute "60"'],
    ['60 3 * * *', 'has the minute "60", which is not * or 0 to 59'],
    ['0 3 0 * *', 'has the day of the month "0", which is not * or 1 to 31'],
    ['0 3 * 13 *', 'has the month "13"'],
    ['0 3 * * 8', 'has the day of the week "8", which is not * or 0 to 6'],
    ['0 3 * * friday', 'has the day of the week "friday"'],
    ['0 5-3 * * *', 'has the hour "5-3"'],
    ['0/15 * * * *', 'has the minute "0/15"'],
    ['*/0 * * * *', 'has the minute "*/0"'],
    ['1, * * * *', 'has the minute "1,"'],
    ['0 3 * * * root', 'is not a time of day'],
    ['0 3 30 2 *', 'has the day of the month "30" with the month "2", which never comes'],
    ['0 3 31 4,6 *', 'which never comes'],
  ])('"%s" is none, with the field by name', (text, why) => {
    expect(parseSchedule(text)).toContain(why);
  });

  it('was due last by the clock of this host', () => {
    const now = new Date(2024, 2, 4, 12, 0); // a Monday
    expect(findLastDue(parse('03:30'), now)).toEqual(new Date(2024, 2, 4, 3, 30));
    expect(findLastDue(parse('12:00'), now)).toEqual(now);
    expect(findLastDue(parse('12:01'), now)).toEqual(new Date(2024, 2, 3, 12, 1));
    expect(findLastDue(parse('0 3 * * 5'), now)).toEqual(new Date(2024, 2, 1, 3, 0));
    expect(findLastDue(parse('0 3 2 * 5'), now)).toEqual(new Date(2024, 2, 2, 3, 0));
    expect(findLastDue(parse('0 3 29 2 *'), new Date(2023, 5, 1))).toEqual(new Date(2020, 1, 29, 3, 0));
  });
});
