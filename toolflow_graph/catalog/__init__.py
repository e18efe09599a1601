"""Tool sources in, validated tools out."""
