import type { HelperTable } from '../language/helper.ts';
import { HelperFailure } from '../language/helper.ts';
import { recordsIn } from '../language/shape.ts';
import { RecordView, textOf, VariableMap } from '../language/value.ts';

/** What converted fragments read where Perl sees something else than Handlebars does. */
export const STORED_HELPERS: HelperTable = {
  stored: {
    doc: 'a record as Perl prints it: its type alone, or the whole line where it has props; another value as it is; stored RECORD "type": the type where it has props; missing: nothing',
    example: {
      fragment: '{{stored SystemName}} [{{stored SystemName "type"}}] [{{stored nowhere}}]',
      gives: 'host [] []',
    },
    takesMissing: true,
    shape: ({ args: [value], note }) => {
      for (const of of recordsIn(value)) note({ ...of, prop: '*' });
      return [];
    },
    call: ({ args: [value, what], scope }) => {
      if (!(value instanceof RecordView)) {
        if (what !== undefined && value instanceof VariableMap) return value.entries.get('type') ?? '';
        return what === undefined ? (textOf(value, scope) ?? '') : '';
      }
      const type = value.type(scope) ?? '';
      const props = value.listProps(scope);
      if (what !== undefined) {
        if (textOf(what, scope) !== 'type') throw new HelperFailure('its second argument is "type"');
        return props.length === 0 ? '' : type;
      }
      return [type, ...props.flatMap((prop) => [prop, (value.prop(prop, scope) ?? '').replaceAll('|', '\\|')])].join(
        '|',
      );
    },
  },
};
