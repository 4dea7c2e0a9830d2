import type { Gateway } from '../gateway.ts';
import type { Organisation } from '../trust/operators.ts';
import type { AlertRow } from './alert.ts';
import { countFollowers } from './followers.ts';
import { type Gate, previewAlert } from './preview.ts';
import type { SmsPrice } from './price.ts';

/** What an approver is shown: who reads what and why, and what the SMS cost by language. */
export interface ShownGate extends Gate {
  /** absent for an update or cancel: it goes to those who got the former one */
  sms?: Pick<SmsPrice, 'segments' | 'cost' | 'currency' | 'byLanguage'>;
}

/** The gate in the flat words of the audit log: `languages` as `si own 12`. */
export function sayGate(gate: ShownGate) {
  const languages = Object.entries(gate.byLanguage).flatMap(([language, reasons]) =>
    Object.entries(reasons).map(([reason, n]) => `${language} ${reason} ${n}`),
  );
  const { policy, withoutText, waiting, sms } = gate;
  return { policy, languages, withoutText, waiting, ...(sms && { smsSegments: sms.segments, smsCost: sms.cost }) };
}

/** Counted now, from the audience and the texts of the alert. */
export async function readGate(g: Gateway, organisation: Organisation, alert: AlertRow): Promise<ShownGate> {
  if (alert.former === null) {
    const { gate, sms } = await previewAlert(g, organisation, alert);
    const { segments, cost, currency, byLanguage } = sms;
    return { ...gate, sms: { segments, cost, currency, byLanguage } };
  }
  const gate: ShownGate = {
    ...{ policy: alert.languagePolicy, people: 0, byLanguage: {}, lacking: {}, withoutText: 0, waiting: 0 },
  };
  for (const { language, reason, n } of await countFollowers(g, alert, organisation.defaultLanguage)) {
    gate.people += n;
    if (language === null) gate.withoutText += n;
    else gate.byLanguage[language] = { ...gate.byLanguage[language], [reason]: n };
  }
  return gate;
}
