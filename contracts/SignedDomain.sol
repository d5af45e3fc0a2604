// Ties what wallets sign to this contract on this chain, and tells them how.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title Signed domain
/// @notice The EIP-712 domain "Stagedoor Tickets", version 1. As OpenZeppelin's EIP712, without the
/// storage for long names.
abstract contract SignedDomain is IERC5267 {
  string internal constant NAME = "Stagedoor Tickets";
  string private constant VERSION = "1";
  bytes1 private constant FIELDS = 0x0f; // name, version, chain id and contract
  bytes32 private constant DOMAIN_TYPEHASH = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
  );

  uint256 private immutable CHAIN_ID = block.chainid;
  bytes32 private immutable SEPARATOR = _buildSeparator();

  /// @inheritdoc IERC5267
  function eip712Domain()
    external
    view
    returns (
      bytes1 fields,
      string memory name,
      string memory version,
      uint256 chainId,
      address verifyingContract,
      bytes32 salt,
      uint256[] memory extensions
    )
  {
    return (FIELDS, NAME, VERSION, block.chainid, address(this), 0, new uint256[](0));
  }

  function _domainSeparator() internal view returns (bytes32) {
    // a chain that forks gets another id, and signatures of the one must not count on the other
    return block.chainid == CHAIN_ID ? SEPARATOR : _buildSeparator();
  }

  function _hashTypedData(bytes32 structHash) internal view returns (bytes32) {
    return MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
  }

  function _buildSeparator() private view returns (bytes32) {
    bytes32 nameHash = keccak256(bytes(NAME));
    bytes32 versionHash = keccak256(bytes(VERSION));
    return
      keccak256(abi.encode(DOMAIN_TYPEHASH, nameHash, versionHash, block.chainid, address(this)));
  }
}
