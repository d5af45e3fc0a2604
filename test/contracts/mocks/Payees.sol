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

/// @notice Makes one call each time it is paid, and keeps what was answered.
contract GreedyPayee {
  // in one slot: a push leaves gas for little more than the call
  address private _target;
  bool public succeeded;
  uint64 public calls;
  bytes private _data;
  bytes public refusal;

  receive() external payable {
    if (_target == address(0)) return;
    (bool ok, bytes memory answer) = _target.call(_data);
    (succeeded, calls) = (ok, calls + 1);
    if (!ok) refusal = answer;
  }

  function want(address target, bytes calldata data) external {
    (_target, _data) = (target, data);
  }

  /// @dev Whatever is asked of it, it has signed.
  function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
    return 0x1626ba7e;
  }
}
