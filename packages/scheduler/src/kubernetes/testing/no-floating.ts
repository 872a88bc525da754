// A service of floating addresses for tests that do not ask it.
import type { FloatingService } from "../floating/floating-service.ts";

const asked = () => {
  throw new Error("this test asks for no floating addresses");
};
export const noFloating: FloatingService = { list: asked, add: async () => asked(), remove: async () => asked() };
