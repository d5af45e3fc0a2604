// A token that says nothing about its transfers, as USDT, and on demand that they failed.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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
