// Sells a ticket by its holder's signed ask: the same market for every peer that brings none.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @dev Inside the token, so no second contract is called. There is no cap, no nonce, no policy and
/// no fee: less than a real market checks, so that the comparison flatters the peers, not us.
abstract contract SignedAsks is ReentrancyGuardTransient, EIP712("Tickets", "1") {
  error NoAsk();

  event Sold(uint256 indexed id, address indexed seller, address indexed buyer, uint256 price);

  bytes32 private constant ASK = keccak256("Ask(uint256 id,uint256 price,uint256 deadline)");
  uint256 private constant ROYALTY_BPS = 1_000;
  uint256 private constant PUSH_GAS = 200_000;

  uint256 public pot;
  mapping(address seller => uint256) public credits;

  function buy(
    uint256 id,
    uint256 deadline,
    bytes calldata signature
  ) external payable nonReentrant {
    address seller = _holderOf(id);
    bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ASK, id, msg.value, deadline)));
    if (block.timestamp > deadline || ECDSA.recoverCalldata(digest, signature) != seller) {
      revert NoAsk();
    }
    uint256 royalty = (msg.value * ROYALTY_BPS) / 10_000;
    pot += royalty;
    _hand(seller, msg.sender, id);
    _push(seller, msg.value - royalty);
    emit Sold(id, seller, msg.sender, msg.value);
  }

  function _holderOf(uint256 id) internal view virtual returns (address);

  function _hand(address from, address to, uint256 id) internal virtual;

  function _push(address to, uint256 amount) private {
    bool isPaid;
    assembly ("memory-safe") {
      isPaid := call(PUSH_GAS, to, amount, 0, 0, 0, 0)
    }
    if (!isPaid) credits[to] += amount;
  }
}
