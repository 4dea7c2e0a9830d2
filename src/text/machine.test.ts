import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskFacts, unmaskFacts } from './machine.ts';

const TEXT =
  'Gate 2 at 18:30 on 12.1.2026. Call +94 11 233 8812 or 119. See https://example.org/a?b=1. {{place}} LK7K3M';

describe('the facts of a text', () => {
  it('are not in what the machine sees', () => {
    const { masked, facts } = maskFacts(TEXT);
    expect(facts).toEqual([
      ...['2', '18:30', '12.1.2026', '+94 11 233 8812', '119', 'https://example.org/a?b=1', '{{place}}', 'LK7K3M'],
    ]);
    expect(masked).toBe('Gate ZQ0QZ at ZQ1QZ on ZQ2QZ. Call ZQ3QZ or ZQ4QZ. See ZQ5QZ. ZQ6QZ ZQ7QZ');
  });

  it('come back whatever their order, and with the spaces, case and digits that machines make of them', () => {
    const said = 'LK zq7qz ඇත ZQ 6 QZ, Zq५qZ | ZQ4QZ හෝ ZQ3QZ, ZQ2QZ දින ZQ1QZ ට ZQ0QZ';
    expect(unmaskFacts(said, TEXT)).toBe(
      'LK LK7K3M ඇත {{place}}, https://example.org/a?b=1 | 119 හෝ +94 11 233 8812, 12.1.2026 දින 18:30 ට 2',
    );
  });

  it.each([
    ['one is lost', 'ZQ0QZ වේලාව'],
    ['one is said twice', 'ZQ0QZ ZQ1QZ ZQ1QZ'],
    ['one is made up', 'ZQ0QZ ZQ1QZ ZQ2QZ'],
    ['a number is added', 'ZQ0QZ ZQ1QZ 7'],
    ['a number is added in other digits', 'ZQ0QZ ZQ1QZ ७'],
    ['an address is added', 'ZQ0QZ ZQ1QZ https://example.com'],
    ['nothing is left', ''],
  ])('are refused when %s', (_, said) => {
    expect(unmaskFacts(said, 'Gate 2 at 18:30')).toBeNull();
    expect(unmaskFacts('ZQ0QZ ZQ1QZ', 'Gate 2 at 18:30')).toBe('2 18:30');
  });

  it('survive any text that is said back', () => {
    const word = fc.constantFrom(
      'gate',
      'කඳවුර',
      'at',
      ',',
      '.',
      '18:30',
      '٧',
      '+94112338812',
      'LK7K3M',
      '{{ref}}',
      '5',
      '119',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const text = words.join(' ');
        const { masked } = maskFacts(text);
        expect(masked.replace(/ZQ\d+QZ/g, '')).not.toMatch(/\p{Nd}/u);
        expect(unmaskFacts(masked, text)).toBe(text);
      }),
    );
  });
});
