// The contracts' configuration with another place for what is built, when it is not the product.
import { defineConfig } from "hardhat/config";
import product from "./hardhat.config.ts";

/** Not below artifacts/, where a build of the product deletes what it does not know. */
const folder = `cache/${process.env.BUILT_APART ?? "apart"}`;

export default defineConfig({
  ...product,
  paths: { ...product.paths, cache: `${folder}/cache`, artifacts: `${folder}/artifacts` },
});
