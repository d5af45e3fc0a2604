// Mints, admits and voids the tickets of all events: the chain's side of the box office.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC5313} from "@openzeppelin/contracts/interfaces/IERC5313.sol";
import {Renderer} from "./Renderer.sol";
import {TicketGate, TicketsNotHolder} from "./TicketGate.sol";
import {TicketMint} from "./TicketMint.sol";
import {TicketSale} from "./TicketSale.sol";
import {TwoStepAdmin} from "./TwoStepAdmin.sol";
import {MovePolicy} from "./libraries/MovePolicy.sol";
import {TicketView, TicketWord} from "./libraries/TicketWord.sol";

/// @title Stagedoor tickets
/// @notice One contract for all events. It cannot be upgraded, and nobody but the holder, the admin
/// included, can move a ticket; the only coercion is to void one, which leaves it where it is. A
/// ticket's id is its seat (see TicketId), so no seat is minted twice and a repeated mint reverts.
contract Tickets is TicketMint, TicketSale, TicketGate, IERC721Metadata {
  bytes4 private constant ERC4906_ID = 0x49064906;
  bytes4 private constant ERC5192_ID = 0xb45a3c0e;
  bytes4 private constant ERC4494_ID = 0x5604e225;

  Renderer private _renderer = new Renderer(this);

  /// @notice The collection looks otherwise (ERC-7572).
  event ContractURIUpdated();

  /// @notice The holder revoked every signature over a ticket: asks, permits and gate sessions.
  /// @param id The ticket.
  /// @param nonce The only nonce at which a signature counts from now on.
  event AskCancelled(uint256 indexed id, uint256 nonce);

  /// @notice Starts without events and with no role but the admin's.
  /// @param admin Grants and revokes the roles, sets limits and looks, and ends pauses.
  constructor(address admin) TwoStepAdmin(admin) {}

  /// @notice Revokes every signature made so far over a ticket that the caller holds. At nonce 4095
  /// signatures no longer work at all; transfers do.
  /// @param id The ticket.
  function cancel(uint256 id) external {
    (Slot storage slot, TicketWord word) = _slotOf(id);
    if (msg.sender != word.owner()) revert TicketsNotHolder(msg.sender, id);
    word = word.nonceRaised();
    slot.word = word;
    emit AskCancelled(id, word.nonce());
  }

  /// @notice Has tickets drawn by another contract, which has no power over them.
  /// @param renderer_ The contract.
  function setRenderer(Renderer renderer_) external onlyRole(DEFAULT_ADMIN_ROLE) {
    _renderer = renderer_;
    emit ContractURIUpdated();
    emit BatchMetadataUpdate(0, type(uint256).max);
  }

  /// @notice The contract that draws tickets.
  /// @return The renderer.
  function renderer() external view returns (Renderer) {
    return _renderer;
  }

  /// @notice The state of a ticket; reverts for one that was never minted.
  /// @param id The ticket.
  /// @return The decoded owner's slot.
  function ticketOf(uint256 id) external view returns (TicketView memory) {
    return _wordOf(id).read();
  }

  /// @notice Whether the holder's own hand could move the ticket now (ERC-6454).
  /// @param id The ticket.
  /// @param from The present holder, or 0 together with `to` to ask in general.
  /// @param to The next holder, or 0 together with `from`.
  /// @return True if such a transfer would pass.
  function isTransferable(uint256 id, address from, address to) external view returns (bool) {
    TicketWord word = _wordOf(id);
    if (from != address(0) || to != address(0)) {
      if (from != word.owner() || to == address(0)) return false;
    }
    return !_isLocked(id, word);
  }

  /// @notice Whether the holder's own hand could not move the ticket now (ERC-5192). A lock that
  /// time brings or takes away has no event.
  /// @param tokenId The ticket.
  /// @return True if a transfer would be refused.
  function locked(uint256 tokenId) external view returns (bool) {
    return _isLocked(tokenId, _wordOf(tokenId));
  }

  /// @inheritdoc IERC721Metadata
  function tokenURI(uint256 id) external view returns (string memory) {
    return _drawn(abi.encodeCall(Renderer.tokenURI, (id, _wordOf(id).read())));
  }

  /// @notice What wallets show of the collection (ERC-7572).
  /// @return JSON in a data URI.
  function contractURI() external view returns (string memory) {
    return _drawn(abi.encodeCall(Renderer.contractURI, ()));
  }

  /// @inheritdoc IERC721Metadata
  function name() external pure returns (string memory) {
    return NAME;
  }

  /// @inheritdoc IERC721Metadata
  function symbol() external pure returns (string memory) {
    return "STAGE";
  }

  /// @inheritdoc IERC165
  function supportsInterface(
    bytes4 interfaceId
  ) public view override(AccessControl, IERC165) returns (bool) {
    return
      interfaceId == type(IERC721).interfaceId ||
      interfaceId == type(IERC721Metadata).interfaceId ||
      interfaceId == type(IERC2981).interfaceId ||
      interfaceId == type(IERC5313).interfaceId ||
      interfaceId == ERC4906_ID ||
      interfaceId == ERC5192_ID ||
      interfaceId == this.isTransferable.selector ||
      interfaceId == this.nonce.selector ||
      interfaceId == ERC4494_ID ||
      super.supportsInterface(interfaceId);
  }

  function _requireGift(TicketWord word, uint256 id, bool byOwner) internal view override {
    MovePolicy.requireGift(_eventOfTicket(id).head, word, id, byOwner);
  }

  function _isLocked(uint256 id, TicketWord word) private view returns (bool) {
    return MovePolicy.ofGift(_eventOfTicket(id).head, word, true) != MovePolicy.Refusal.NONE;
  }

  /// @dev Hands the renderer's answer on as it is. A renderer that reverts draws nothing; only one
  /// that answers more than there is gas to copy makes this revert.
  function _drawn(bytes memory call) private view returns (string memory) {
    // solhint-disable-next-line avoid-low-level-calls
    (bool ok, bytes memory answer) = address(_renderer).staticcall(call);
    if (!ok) return "";
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
      return(add(answer, 32), mload(answer))
    }
  }
}
