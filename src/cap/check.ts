import type { Term } from './terms.ts';
import type { XmlElement } from './xml-tree.ts';

const XSI = /^xsi:/;
/** Nobody reads more; a hostile document could have a hundred thousand. */
export const MOST_WARNINGS = 100;

/**
 * Compares an element with the sequence that the schema gives it, all the way down, and says in sentences what breaks it.
 * `allowed` are further namespaces that may follow, such as a signature.
 */
export function checkSequence(
  element: XmlElement,
  terms: readonly Term[],
  path: string,
  warnings: string[],
  allowed: readonly string[] = [],
): void {
  const warn = (sentence: string) => {
    if (warnings.length < MOST_WARNINGS) warnings.push(sentence);
  };
  for (const name of element.attributes.keys())
    if (!XSI.test(name)) warn(`${path} has an attribute ${name.slice(0, 60)}.`);
  if (element.text.trim() !== '') warn(`${path} has text outside of its elements.`);
  const counts = new Map<string, number>();
  let furthest = 0;
  for (const child of element.children) {
    if (allowed.includes(child.namespace)) {
      furthest = terms.length;
      continue;
    }
    const place = child.namespace === element.namespace ? terms.findIndex((term) => term.name === child.name) : -1;
    const term = terms[place];
    if (!term) {
      warn(`${path} has an unknown element ${child.name.slice(0, 60)}.`);
      continue;
    }
    const count = (counts.get(term.name) ?? 0) + 1;
    counts.set(term.name, count);
    const at = `${path}/${term.name}${term.many && count > 1 ? `[${count}]` : ''}`;
    if (place < furthest) warn(`${at} stands in the wrong place.`);
    if (count > 1 && !term.many) warn(`${at} stands there more than once.`);
    furthest = Math.max(furthest, place);
    if (term.inside) checkSequence(child, term.inside, at, warnings);
    else checkValue(child, term, at, warn);
  }
  for (const term of terms) if (term.required && !counts.has(term.name)) warn(`${path} has no ${term.name}.`);
}

function checkValue(element: XmlElement, term: Term, path: string, warn: (sentence: string) => void): void {
  for (const name of element.attributes.keys())
    if (!XSI.test(name)) warn(`${path} has an attribute ${name.slice(0, 60)}.`);
  if (element.children.length > 0) warn(`${path} has elements inside.`);
  const shown = JSON.stringify(element.text.trim().slice(0, 60));
  if (term.values && !term.values.includes(element.text)) warn(`${path} is ${shown}, which CAP does not know.`);
  if (term.form && !term.form.test(element.text.trim()))
    warn(`${path} is ${shown}, which is not in the form that CAP asks for.`);
}
