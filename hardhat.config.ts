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
  test: {
    solidity: {
      profiles: {
        default: { invariant: { runs: 64, depth: 200, failOnRevert: true } },
        // with `test --long`: 200,000 calls for each invariant, within the hour on two cores
        deep: {
          fuzz: { runs: 10_000 },
          invariant: { runs: 400, depth: 500, failOnRevert: true },
        },
      },
    },
  },
  networks: {
    osaka: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      // a fixed date, so that gas and ages are the same in every run
      initialDate: "2027-01-01T00:00:00Z",
    },
    // the rules to come, as far as the simulated chain knows them: for a report, not for tests
    amsterdam: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "amsterdam",
      initialDate: "2027-01-01T00:00:00Z",
      // state is counted apart there and has no limit of its own
      transactionGasCap: false,
      blockGasLimit: 200_000_000,
    },
  },
});
