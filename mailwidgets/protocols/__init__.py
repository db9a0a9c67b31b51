"""What is said on the wire: replies, responses, mechanisms and names; pure, and hostile input."""
