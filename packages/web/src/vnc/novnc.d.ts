// The part of noVNC's API that the page uses (its docs/API.md); the package has no types of its own.
declare module "@novnc/novnc" {
  // biome-ignore lint/style/noDefaultExport: noVNC exports it so
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, urlOrSocket: string | WebSocket);
    scaleViewport: boolean;
    disconnect(): void;
    focus(): void;
    sendCtrlAltDel(): void;
    /** `keysym`: of X11. Without `down` it is pressed and released. */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
  }
}
