// Tokens that answer oddly: not at all, wrongly, falsely, or with a megabyte.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestToken} from "./TestToken.sol";

/// @notice Answers about its decimals, but not with a number.
contract ChattyToken {
  function decimals() external pure returns (uint256, uint256) {
    return (6, 6);
  }
}

/// @notice Fails with what would be its decimals.
contract FailingToken {
  function decimals() external pure returns (uint8) {
    assembly {
      mstore(0, 6)
      revert(0, 32)
    }
  }
}

/// @notice Moves and answers nothing; while it lies, it moves nothing and answers false.
contract OddToken {
  uint8 public constant decimals = 6;
  bool private _isLying;
  mapping(address account => uint256) public balanceOf;
  mapping(address account => mapping(address spender => uint256)) public allowance;

  function lie(bool isLying) external {
    _isLying = isLying;
  }

  function mint(address to, uint256 value) external {
    balanceOf[to] += value;
  }

  function approve(address spender, uint256 value) external {
    allowance[msg.sender][spender] = value;
  }

  function transfer(address to, uint256 value) external {
    if (_isLying) {
      assembly {
        mstore(0, 0)
        return(0, 32)
      }
    }
    balanceOf[msg.sender] -= value;
    balanceOf[to] += value;
  }

  function transferFrom(address from, address to, uint256 value) external {
    allowance[from][msg.sender] -= value;
    balanceOf[from] -= value;
    balanceOf[to] += value;
  }
}

/// @notice Does what it is asked and answers with as many bytes as it is told to, or reverts with
/// them: whoever copies the answer pays for it.
contract BombToken is TestToken(6) {
  mapping(bytes4 selector => uint256) private _answerBytes;
  mapping(bytes4 selector => bool) private _isReverting;
  bool private _isDenying;

  /// @dev Then it moves nothing, and says so.
  function deny(bool isDenying) external {
    _isDenying = isDenying;
  }

  function arm(bytes4 selector, uint256 answerBytes, bool isReverting) external {
    (_answerBytes[selector], _isReverting[selector]) = (answerBytes, isReverting);
  }

  function transfer(address to, uint256 value) public override returns (bool ok) {
    ok = super.transfer(to, value);
    _answer(1);
  }

  function transferFrom(address from, address to, uint256 value) public override returns (bool ok) {
    if (_isDenying) return false;
    ok = super.transferFrom(from, to, value);
    _answer(1);
  }

  function balanceOf(address account) public view override returns (uint256 balance) {
    balance = super.balanceOf(account);
    _answer(balance);
  }

  function permit(
    address owner,
    address spender,
    uint256 value,
    uint256 deadline,
    uint8 v,
    bytes32 r,
    bytes32 s
  ) public override {
    super.permit(owner, spender, value, deadline, v, r, s);
    _answer(0);
  }

  function receiveWithAuthorization(
    address from,
    address to,
    uint256 value,
    uint256 validAfter,
    uint256 validBefore,
    bytes32 nonce,
    uint8 v,
    bytes32 r,
    bytes32 s
  ) public override {
    super.receiveWithAuthorization(from, to, value, validAfter, validBefore, nonce, v, r, s);
    _answer(0);
  }

  /// @dev Ends the call with a word and zeros or noise behind it.
  function _answer(uint256 word) private view {
    uint256 length = _answerBytes[msg.sig];
    bool isReverting = _isReverting[msg.sig];
    if (length == 0) return;
    assembly {
      mstore(0, word)
      if isReverting {
        revert(0, length)
      }
      return(0, length)
    }
  }
}
