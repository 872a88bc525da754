// The pages' policy allows no inline style. xterm.js makes style elements, and writes style attributes for colours of 24 bits: the
// elements get the nonce of this page, and the attributes are set through the object model, which the policy allows.

/** Before xterm.js makes anything. The nonce is that of the page's own style sheet. */
export function allowStylesOfTerminal(): void {
  const nonce = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]")?.nonce ?? "";
  const create = document.createElement.bind(document);
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function setAttribute(name: string, value: string) {
    if (name === "style" && this instanceof HTMLElement) this.style.cssText = value;
    else set.call(this, name, value);
  };
}
