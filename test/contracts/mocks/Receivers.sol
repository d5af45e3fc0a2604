// Wallets with code that answer, refuse or abuse the receiver callback of a safe transfer.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @notice Accepts, and tells what it was told.
contract AcceptingWallet is IERC721Receiver {
  event Received(address operator, address from, uint256 id, bytes data);

  function onERC721Received(
    address operator,
    address from,
    uint256 id,
    bytes calldata data
  ) external returns (bytes4) {
    emit Received(operator, from, id, data);
    return IERC721Receiver.onERC721Received.selector;
  }
}

/// @notice Answers something else than the standard asks for.
contract RefusingWallet is IERC721Receiver {
  function onERC721Received(
    address,
    address,
    uint256,
    bytes calldata
  ) external pure returns (bytes4) {
    return 0xdeadbeef;
  }
}

/// @notice Reverts with a reason of its own.
contract RevertingWallet is IERC721Receiver {
  error NotToday();

  function onERC721Received(
    address,
    address,
    uint256,
    bytes calldata
  ) external pure returns (bytes4) {
    revert NotToday();
  }
}

/// @notice Has code, but has never heard of tickets.
contract DeafWallet {}

/// @notice Passes the ticket on while the transfer to it is still running.
contract ReenteringWallet is IERC721Receiver {
  address private immutable NEXT;

  constructor(address next) {
    NEXT = next;
  }

  function onERC721Received(
    address,
    address,
    uint256 id,
    bytes calldata
  ) external returns (bytes4) {
    IERC721(msg.sender).transferFrom(address(this), NEXT, id);
    return IERC721Receiver.onERC721Received.selector;
  }
}
