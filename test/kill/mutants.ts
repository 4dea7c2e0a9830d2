/** A build with one thing broken: the harness must see it. */
export interface Mutant {
  /** end of the file's address */
  file: string;
  from: string;
  to: string;
}

export const MUTANTS: Record<string, Mutant> = {
  'no lease recovery': {
    file: '/src/delivery/recover.ts',
    from: 'export async function expireLeases(g: Gateway, all = false): Promise<void> {',
    to: 'export async function expireLeases(g: Gateway, all = false): Promise<void> { return;',
  },
  'unknown SMS sent again without a look': {
    file: '/src/delivery/recover.ts',
    from: "if (!channel?.find || row.value === null) return indeterminate('unknown:no_list');",
    to: "return { ...base, at: now, state: 'pending', errorCode: null };",
  },
  'unknown Telegram messages sent again': {
    file: '/src/delivery/recover.ts',
    from: "case sender when 'telegram' then 'indeterminate' else 'sending' end",
    to: "case sender when 'telegram' then 'pending' else 'sending' end",
  },
  'half a plan is forgotten': {
    file: '/src/work.ts',
    from: 'for (const alert of await duePlans(g))',
    to: 'for (const alert of [] as number[])',
  },
};
