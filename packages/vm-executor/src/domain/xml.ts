// XML as values, and as text. Pure.

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
}
export type XmlNode = XmlElement | string;

/** An absent attribute or child is left out, so that conditions can stand where the element is made. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: readonly (XmlNode | undefined)[]
): XmlElement {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return {
    name,
    attributes: Object.fromEntries(given),
    children: children.filter((child) => child !== undefined),
  };
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Characters that XML 1.0 does not allow at all are left out. */
export function escapeXml(text: string): string {
  const allowed = [...text].filter((one) => {
    const code = one.codePointAt(0) ?? 0;
    return code >= 0x20 ? code !== 0xfffe && code !== 0xffff : "\t\n\r".includes(one);
  });
  return allowed.map((one) => escapes[one] ?? one).join("");
}

/** One element on each line; an element that holds text stays on one line. */
export function renderXml(node: XmlElement, indent = ""): string {
  const attributes = Object.entries(node.attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const head = `${indent}<${node.name}${attributes.join("")}`;
  if (node.children.length === 0) return `${head}/>\n`;
  const texts = node.children.filter((child) => typeof child === "string");
  if (texts.length > 0) return `${head}>${texts.map(escapeXml).join("")}</${node.name}>\n`;
  const inner = node.children.map((child) => (typeof child === "string" ? "" : renderXml(child, `${indent}  `)));
  return `${head}>\n${inner.join("")}${indent}</${node.name}>\n`;
}
