// Accepts the addresses of folders whose content can't be swapped, and nothing that breaks JSON.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The address is too long, of another scheme, begins with a name instead of a hash, or
/// holds something else than letters, digits and `-._/`.
/// @param folder The address.
error RendererFolderUnsafe(string folder);

/// @title Content folder
/// @notice An address at a web server would leave the picture in that server's hands, and so would
/// a name: Arweave and IPFS both have names that their owner points elsewhere (ArNS, IPNS).
library ContentFolder {
  /// @dev A CID of either version with a path, or an Arweave id, fits with room to spare.
  uint256 internal constant LENGTH_MAX = 100;

  /// @dev A transaction's hash in base64url; no name at Arweave has this length.
  uint256 private constant ARWEAVE_LENGTH = 43;
  /// @dev A CID of version 0 is a hash in base58, with its type in front.
  uint256 private constant CID0_LENGTH = 46;
  /// @dev A CID of version 1 in base32 is at least as long with a hash of 256 bits.
  uint256 private constant CID1_LENGTH_MIN = 59;

  /// @dev Refuses what is not content-addressed; the empty string stands for no folder.
  function requireSafe(string calldata folder) internal pure {
    bytes calldata text = bytes(folder);
    if (text.length == 0) return;
    bool inArweave = _startsWith(text, "ar://");
    uint256 start =
      inArweave
        ? 5
        : _startsWith(text, "ipfs://")
          ? 7
          : 0;
    if (start == 0 || text.length > LENGTH_MAX) revert RendererFolderUnsafe(folder);
    uint256 end = start;
    while (end < text.length && text[end] != "/") ++end;
    bytes calldata hash = text[start:end];
    if (inArweave ? hash.length != ARWEAVE_LENGTH : !_isCid(hash)) {
      revert RendererFolderUnsafe(folder);
    }
    for (uint256 i = start; i < text.length; ++i) {
      if (!_isPlain(text[i])) revert RendererFolderUnsafe(folder);
      // ".." would lead out of the folder
      if (text[i] == "." && (i < end || text[i - 1] == "/")) revert RendererFolderUnsafe(folder);
    }
  }

  /// @dev Of a file or a folder: there are CIDs of keys as well, which are names.
  function _isCid(bytes calldata hash) private pure returns (bool) {
    if (_startsWith(hash, "Qm")) return hash.length == CID0_LENGTH;
    if (!_startsWith(hash, "bafy") && !_startsWith(hash, "bafk")) return false;
    return hash.length >= CID1_LENGTH_MIN;
  }

  function _startsWith(bytes calldata text, bytes memory start) private pure returns (bool) {
    return text.length >= start.length && keccak256(text[:start.length]) == keccak256(start);
  }

  function _isPlain(bytes1 letter) private pure returns (bool) {
    if (letter >= "a" && letter <= "z") return true;
    if (letter >= "A" && letter <= "Z") return true;
    // the digits follow "-", "." and "/"
    return (letter >= "-" && letter <= "9") || letter == "_";
  }
}
