// Smart accounts that answer for signatures as they please (ERC-1271).
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice Changes its mind whenever it is told to.
contract FickleWallet is IERC1271 {
  enum Mood {
    YES,
    NO,
    REVERT,
    BURN,
    BOMB
  }

  Mood public mood;

  receive() external payable {}

  function feel(Mood mood_) external {
    mood = mood_;
  }

  function act(address target, bytes calldata data) external payable {
    (bool ok, bytes memory answer) = target.call{value: msg.value}(data);
    if (ok) return;
    assembly {
      revert(add(answer, 32), mload(answer))
    }
  }

  function isValidSignature(bytes32, bytes memory) external view returns (bytes4) {
    if (mood == Mood.REVERT) revert("no");
    if (mood == Mood.BURN) while (true) {}
    if (mood == Mood.BOMB) {
      assembly {
        return(0, 1000000)
      }
    }
    return mood == Mood.YES ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
  }
}
