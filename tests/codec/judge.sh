#!/bin/sh
# judge.sh PROTOC MESSAGE BYTES PACKED: whether protoc reads the same in both, apart from fields that it does not know.
protoc=$1 message=$2 bytes=$3 packed=$4

# protoc prints an unknown field with its number in place of a name, a nested one as a block.
read_known() {
  "$protoc" --decode="kitchen.$message" -I "$(dirname "$0")" kitchen.proto < "$1" |
    awk '
      skipped > 0 { skipped += /\{$/ - /^ *\}$/; next }
      /^ *[0-9]+ \{$/ { skipped = 1; next }
      /^ *[0-9]+: / { next }
      { print }'
}

known=$(read_known "$bytes") && [ "$known" = "$(read_known "$packed")" ]
