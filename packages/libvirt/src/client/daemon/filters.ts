import type { CallOptions } from "../../api/call.ts";
import type { Filter, Filters } from "../../api/daemon/filters.ts";
import * as remote from "../../generated/remote.ts";
import type { Caller } from "../../rpc/caller.ts";
import { orMissing } from "../values/missing.ts";

export class FilterCalls implements Filters {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async define(xml: string, { signal }: CallOptions = {}): Promise<Filter> {
    return (await this.#caller.call(remote.nwfilterDefineXml, { xml }, signal)).nwfilter;
  }

  async undefine(filter: Filter, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.nwfilterUndefine, { nwfilter: filter }, signal);
  }

  byName(name: string, { signal }: CallOptions = {}): Promise<Filter | undefined> {
    const found = this.#caller.call(remote.nwfilterLookupByName, { name }, signal);
    return orMissing(
      found.then(({ nwfilter }) => nwfilter),
      "no-nwfilter",
    );
  }

  async xml(filter: Filter, { signal }: CallOptions = {}): Promise<string> {
    return (await this.#caller.call(remote.nwfilterGetXmlDesc, { nwfilter: filter, flags: 0 }, signal)).xml;
  }

  async list({ signal }: CallOptions = {}): Promise<readonly Filter[]> {
    return (await this.#caller.call(remote.connectListAllNwfilters, { needResults: 1, flags: 0 }, signal)).filters;
  }
}
