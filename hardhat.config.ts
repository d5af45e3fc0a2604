// Compiles and tests the contracts, without downloading a compiler.
import path from "node:path";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import { defineConfig } from "hardhat/config";

const SOLC = {
  version: "0.8.37",
  path: path.join(import.meta.dirname, "node_modules/solc/soljson.js"),
};

export default defineConfig({
  plugins: [hardhatMocha, hardhatEthers, hardhatEthersChaiMatchers, hardhatNetworkHelpers],
  solidity: {
    profiles: {
      // what is deployed: the older pipeline, since the newer one gains about one percent here
      default: {
        compilers: [
          { ...SOLC, settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 200 } } },
        ],
      },
      // the same contracts through the other pipeline must behave the same
      ir: {
        compilers: [
          {
            ...SOLC,
            settings: {
              evmVersion: "osaka",
              viaIR: true,
              // with more runs the tickets contract grows over the size limit
              optimizer: { enabled: true, runs: 200 },
            },
          },
        ],
      },
    },
  },
  paths: { tests: { mocha: "test/contracts", solidity: "test/contracts" } },
  test: { solidity: { invariant: { runs: 64, depth: 200, failOnRevert: true } } },
  networks: {
    osaka: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      // a fixed date, so that gas and ages are the same in every run
      initialDate: "2027-01-01T00:00:00Z",
    },
  },
});
