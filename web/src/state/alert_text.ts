// What an alert says, in the reader's language where only this page knows it; a session's own words stay as they are.
import type { Translate } from '../i18n/translate';
import type { PageAlert } from './alerts';

export function alertText({ own, text, count }: PageAlert, t: Translate): string {
  const words = own === null ? text : t(`alerts.own.${own}`);
  return count > 1 ? `${words} (×${count})` : words;
}
