// A figure of the page as a PNG: its own elements and styles, drawn by the browser itself. Nothing
// leaves this machine for it.

import { saveBlob } from './save';

// What decides how an element looks; all of it would make the picture's text many megabytes.
const LOOKS = [
  'align-items', 'background-color', 'border-bottom', 'border-collapse', 'border-left',
  'border-radius', 'border-right', 'border-top', 'box-sizing', 'color', 'display', 'fill',
  'flex-direction', 'flex-grow', 'flex-shrink', 'flex-wrap', 'font-family', 'font-size',
  'font-variant-numeric', 'font-weight', 'gap', 'grid-template-columns', 'height',
  'justify-content', 'left', 'letter-spacing', 'line-height', 'list-style-type', 'margin',
  'max-width', 'min-width', 'opacity', 'overflow', 'padding', 'position', 'right', 'rotate',
  'stroke', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'stroke-width',
  'text-align', 'text-anchor', 'text-overflow', 'top', 'vertical-align', 'white-space', 'width',
];
const SCALE = 2;
const EDGE = 16;

// Set through the style object: the page's policy blocks the attribute.
function copyLooks(from: Element, to: Element) {
  const look = getComputedStyle(from);
  if (to instanceof HTMLElement || to instanceof SVGElement) {
    to.style.cssText = LOOKS.map((name) => `${name}:${look.getPropertyValue(name)}`).join(';');
    // On paper nothing scrolls.
    if (/auto|scroll/.test(look.overflow)) {
      Object.assign(to.style, { overflow: 'visible', height: 'auto', maxHeight: 'none' });
    }
  }
  [...from.children].forEach((child, index) => {
    const twin = to.children[index];
    if (twin) copyLooks(child, twin);
  });
}

/** How much larger an element is when nothing of it scrolls. */
function hidden(element: HTMLElement): { wide: number; high: number } {
  const all = [...element.querySelectorAll<HTMLElement>('[role="region"], .overflow-x-auto')];
  return {
    wide: Math.max(0, ...all.map((each) => each.scrollWidth - each.clientWidth)),
    high: Math.max(0, ...all.map((each) => each.scrollHeight - each.clientHeight)),
  };
}

/** The page's own letters as a style sheet that needs no other file. */
async function letters(): Promise<string> {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const faces = rules.filter((rule) => rule instanceof CSSFontFaceRule);
  const latin = faces.find(({ style }) =>
    /U\+0{0,3}0-/i.test(style.getPropertyValue('unicode-range')),
  );
  const sheet = latin?.parentStyleSheet?.href ?? document.baseURI;
  const file = /url\("?([^")]+)"?\)/.exec(latin?.style.getPropertyValue('src') ?? '')?.[1];
  if (!latin || !file) return '';
  const bytes = await (await fetch(new URL(file, sheet))).blob();
  const data = await new Promise<string>((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error ?? new Error('the letters could not be read'));
    reader.readAsDataURL(bytes);
  });
  const family = latin.style.getPropertyValue('font-family');
  return `@font-face{font-family:${family};font-weight:100 900;src:url("${data}")}`;
}

/** Draws `element` and saves it under `name`. What is marked `data-aside` is left out. */
export async function savePicture(element: HTMLElement, name: string): Promise<void> {
  const place = element.getBoundingClientRect();
  const more = hidden(element);
  const [width, height] = [place.width + more.wide, place.height + more.high];
  const copy = element.cloneNode(true) as HTMLElement;
  copyLooks(element, copy);
  for (const aside of copy.querySelectorAll('[data-aside], .sr-only')) aside.remove();
  copy.style.width = `${width}px`;
  copy.style.height = 'auto';
  const [wide, high] = [Math.ceil(width + 2 * EDGE), Math.ceil(height + 2 * EDGE)];
  const inner = new XMLSerializer().serializeToString(copy);
  const text =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}">` +
    `<style>${await letters()}</style>` +
    `<foreignObject x="${EDGE}" y="${EDGE}" width="${width}" height="${height}">` +
    `${inner}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = wide * SCALE;
  canvas.height = high * SCALE;
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('this browser draws no pictures');
  pen.fillStyle = getComputedStyle(document.body).getPropertyValue('--raised');
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.scale(SCALE, SCALE);
  pen.drawImage(image, 0, 0);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('this browser could not write the picture');
  saveBlob(blob, name);
}
