// The one-time link: `?link=TOKEN` or `#link=TOKEN`. Removed from the address so that it is never
// shared, bookmarked or sent on as a referrer.

export function takeLink(): string | null {
  const here = new URL(window.location.href);
  const hash = new URLSearchParams(here.hash.replace(/^#/, ''));
  const token = here.searchParams.get('link') ?? hash.get('link');
  if (token === null) return null;
  here.searchParams.delete('link');
  if (hash.has('link')) here.hash = '';
  window.history.replaceState(null, '', here.href.replace(/#$/, ''));
  return token;
}
