// The same market for tickets that are paid in a token, beside the one for the chain's own coin.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Erc721aTickets} from "./Erc721aTickets.sol";
import {OpenZeppelinEnumerableTickets, OpenZeppelinTickets} from "./OpenZeppelinTickets.sol";
import {SignedAsks} from "./SignedAsks.sol";
import {SoladyTickets} from "./SoladyTickets.sol";

contract Euro is ERC20("Euro", "EUR") {
  function decimals() public pure override returns (uint8) {
    return 6;
  }

  function mint(address to, uint256 value) external {
    _mint(to, value);
  }
}

/// @dev One currency for all tickets and no question what arrived: less than a real market checks.
abstract contract TokenAsks is SignedAsks {
  using SafeERC20 for IERC20;

  bytes32 private constant ASK = keccak256("Ask(uint256 id,uint256 price,uint256 deadline)");
  uint256 private constant ROYALTY_BPS = 1_000;

  IERC20 private immutable CURRENCY;

  constructor(IERC20 currency) {
    CURRENCY = currency;
  }

  function buyInToken(
    uint256 id,
    uint256 price,
    uint256 deadline,
    bytes calldata signature
  ) external nonReentrant {
    address seller = _holderOf(id);
    bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ASK, id, price, deadline)));
    if (block.timestamp > deadline || ECDSA.recoverCalldata(digest, signature) != seller) {
      revert NoAsk();
    }
    uint256 royalty = (price * ROYALTY_BPS) / 10_000;
    pot += royalty;
    _hand(seller, msg.sender, id);
    CURRENCY.safeTransferFrom(msg.sender, address(this), price);
    if (!CURRENCY.trySafeTransfer(seller, price - royalty)) credits[seller] += price - royalty;
    emit Sold(id, seller, msg.sender, price);
  }
}

contract OpenZeppelinTicketsInToken is OpenZeppelinTickets, TokenAsks {
  constructor(IERC20 currency) TokenAsks(currency) {}
}

contract OpenZeppelinEnumerableTicketsInToken is OpenZeppelinEnumerableTickets, TokenAsks {
  constructor(IERC20 currency) TokenAsks(currency) {}
}

contract Erc721aTicketsInToken is Erc721aTickets, TokenAsks {
  constructor(IERC20 currency) TokenAsks(currency) {}
}

contract SoladyTicketsInToken is SoladyTickets, TokenAsks {
  constructor(IERC20 currency) TokenAsks(currency) {}
}
