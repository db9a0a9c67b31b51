"""From an e-mail address to proposed servers: DNS, autoconfig documents, guessing."""
