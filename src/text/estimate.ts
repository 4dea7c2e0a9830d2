import type { Catalog, ParameterType } from './catalog.ts';
import { type RenderedText, renderTexts } from './render.ts';

/** Values of typical length, for a price before the real ones are known. */
const TYPICAL: Record<ParameterType, unknown> = {
  time: '2026-01-11T18:30:00+09:00',
  day: '2026-01-11',
  phone: '+94112338812',
  count: 12,
  place: 'Northern coast',
  items: 'papers_water_medicine',
  disease: 'cholera',
  fee: 'free',
  scale: 'red',
  text: 'Gate 2, National Stadium',
};

/** The texts of a template with typical values where parameters are not given. */
export async function estimateTexts(
  catalog: Catalog,
  template: string,
  given: Record<string, unknown>,
  context: { org: string; shortOrg?: string | undefined; ref: string },
): Promise<Record<string, RenderedText>> {
  const meta = await catalog.meta(template);
  const parameters: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(meta.parameters)) parameters[name] = given[name] ?? TYPICAL[type];
  return renderTexts(catalog, template, parameters, context);
}
