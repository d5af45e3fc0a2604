// Accounts that make paying them as hard as they can.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Takes native coin in one of several bad ways.
contract HostilePayee {
  enum Mood {
    TAKE,
    REFUSE,
    BURN,
    BOMB,
    REENTER,
    INSPECT
  }

  Mood public mood;
  address private _target;
  bytes private _data;
  bool public reentered;
  uint256 public inspections;
  bool public foundWrong;

  receive() external payable {
    if (mood == Mood.REFUSE) revert("no");
    if (mood == Mood.BURN) while (true) {}
    if (mood == Mood.BOMB) {
      assembly {
        revert(0, 1000000)
      }
    }
    if (mood == Mood.REENTER) (reentered, ) = _target.call(_data);
    if (mood == Mood.INSPECT) {
      (bool ok, ) = _target.call(_data);
      if (ok) ++inspections;
      else foundWrong = true;
    }
  }

  function feel(Mood mood_, address target, bytes calldata data) external {
    (mood, _target, _data) = (mood_, target, data);
  }

  /// @dev Whatever is asked of it, it has signed.
  function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
    return 0x1626ba7e;
  }
}
