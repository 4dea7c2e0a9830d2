import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../kill/books.ts';
import { crisis, makeSeed, type Order, type Report, type Seed } from '../kill/crisis.ts';
import { generator, type Kill, type Step } from '../kill/steps.ts';
import { openWitness, SOME_FAULTS, type Witness } from '../kill/witness.ts';

const PEOPLE = 1_000;
/** A claim is half a second of it, and each kill takes one away until it is looked up: something is left for each step. */
const SMS_RATE = 100;
const seedNumber = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

const NOBODY = { sms: 0, telegram: 0, push: 0 };
const EVEN = { lost: NOBODY, open: 0, disagreements: [], pushBeside: 0 };
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((one, other) => one + other, 0);

describe(`a server that is killed while it sends (KILL_SEED=${seedNumber})`, () => {
  const random = generator(seedNumber);
  let folder: string;
  const witnesses: Witness[] = [];
  const witness = async () => {
    const opened = await openWitness(random, SMS_RATE);
    witnesses.push(opened);
    return opened;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'musafir-kills-'));
  });
  afterAll(async () => {
    await Promise.all(witnesses.map((opened) => opened.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('loses nobody and sends no SMS twice, at every step and at any moment, with far ends that go wrong', async () => {
    const own = await witness();
    const seed = await makeSeed(folder, own, PEOPLE, { sms: 6, telegram: 2 });
    const anyTime = (): Kill => ({ step: 'random', afterMs: Math.round(random() * 300) });
    // the slow channels first, and early in a process: there must be something left for each step
    const kills: Kill[] = [
      { step: 'planned half', nth: 2 },
      { step: 'claimed', sender: 'telegram', nth: 1 },
      { step: 'handed to the wire', sender: 'telegram', nth: 1 },
      { step: 'answered', sender: 'telegram', nth: 1 },
      { step: 'handed to the wire', sender: 'push', nth: 1 },
      { step: 'answered', sender: 'push', nth: 1 },
      { step: 'claimed', sender: 'sms', nth: 1 },
      { step: 'handed to the wire', sender: 'sms', nth: 20 },
      { step: 'answered', sender: 'sms', nth: 10 },
      { step: 'recorded', nth: 1 },
      anyTime(),
      { step: 'looked up', nth: 2 },
      anyTime(),
      anyTime(),
    ];
    const report = await crisis({ folder, seed, witness: own, kills, faults: SOME_FAULTS, finishMs: 80_000 });
    const { books, indeterminate, resolved } = report;
    expect(books).toMatchObject(EVEN);
    expect(books.twice).toMatchObject({ sms: 0, telegram: 0 });
    expect([...report.violations, ...report.errors]).toEqual([]);
    expect(report.board).toMatchObject({ registered: PEOPLE, noAnswer: PEOPLE });
    // only Telegram has no list of what it took, and does not replace a repeat
    expect(Object.keys(indeterminate).filter((reason) => !reason.startsWith('telegram unknown:'))).toEqual([]);
    expect(resolved.sent + resolved.resend).toBe(sum(indeterminate));
    expect(resolved.sent).toBeGreaterThan(0);
    // none of this is worth anything unless they died, and in the midst of it
    expect(report.kills.map(({ step, ended }) => `${step} ${ended}`)).toEqual(
      kills.map(({ step }) => `${step} SIGKILL`),
    );
    const busy: Step[] = ['handed to the wire', 'random'];
    for (const { step, inFlight } of report.kills)
      expect(total(inFlight), step).toBeGreaterThanOrEqual(busy.includes(step) ? 1 : 0);
    expect(sum(report.wrongs)).toBeGreaterThan(0);
  }, 150_000);

  describe('in short', () => {
    let seed: Seed;
    /** all at the same time: mostly they wait for the second look */
    const runs: Record<string, Promise<Report>> = {};
    const begin = async (name: string, order: Pick<Order, 'kills' | 'mutant'>) => {
      const run = crisis({ folder, seed, witness: await witness(), finishMs: 25_000, ...order });
      run.catch(() => {});
      runs[name] = run;
    };
    const stops: Kill[] = [50, 250, 150].map((afterMs) => ({ step: 'stop', afterMs }));
    const each: Record<string, Kill> = {
      'half a plan is forgotten': { step: 'planned half', nth: 1 },
      'no lease recovery': { step: 'claimed', sender: 'sms', nth: 1 },
      'unknown SMS sent again without a look': { step: 'answered', sender: 'sms', nth: 20 },
      'unknown Telegram messages sent again': { step: 'answered', sender: 'telegram', nth: 3 },
    };

    beforeAll(async () => {
      seed = await makeSeed(folder, await witness(), 300, { sms: 7, telegram: 3 });
      await begin('stops', { kills: stops });
      await begin('as it is', { kills: Object.values(each) });
      for (const [mutant, kill] of Object.entries(each)) await begin(mutant, { kills: [kill], mutant });
    }, 30_000);

    it('leaves nothing unknown when it is asked to stop, and goes on where it was', async () => {
      const report = await runs.stops!;
      expect(report.kills.map(({ ended }) => ended)).toEqual(['0', '0', '0']);
      expect(report.books).toMatchObject({ ...EVEN, twice: NOBODY });
      expect(report.kills.map(({ unknown }) => unknown)).toEqual([NOBODY, NOBODY, NOBODY]);
      expect(report.indeterminate).toEqual({});
      expect([...report.violations, ...report.errors]).toEqual([]);
    }, 60_000);

    it('comes to its end in the time in which a broken build is seen not to', async () => {
      const report = await runs['as it is']!;
      expect(report.books).toMatchObject({ ...EVEN, twice: NOBODY });
    }, 60_000);

    it('is seen to lose people without lease recovery', async () => {
      const { books } = await runs['no lease recovery']!;
      expect(books.lost.sms).toBeGreaterThan(0);
      expect(books.open).toBeGreaterThan(0);
    }, 60_000);

    it('is seen to repeat SMS when it sends again without a look at the list', async () => {
      const { books } = await runs['unknown SMS sent again without a look']!;
      expect(books.twice.sms).toBeGreaterThan(0);
    }, 60_000);

    it('is seen to repeat Telegram messages when it sends them again', async () => {
      const { books } = await runs['unknown Telegram messages sent again']!;
      expect(books.twice.telegram).toBeGreaterThan(0);
    }, 60_000);

    it('is seen to lose people when half a plan is forgotten', async () => {
      const { books } = await runs['half a plan is forgotten']!;
      expect(sum(books.lost)).toBeGreaterThan(0);
    }, 60_000);
  });
});
