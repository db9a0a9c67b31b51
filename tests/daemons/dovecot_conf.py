"""Dovecot's configuration files, to be filled in."""

from __future__ import annotations

import grp
import os
import pwd
from string import Template

CONFIGURATION = Template("""\
base_dir = $home/run
state_dir = $home/state
log_path = $home/log
import_environment = OPENSSL_CONF=$home/openssl.cnf
protocols = imap pop3 lmtp
listen = $listen

ssl = $ssl
$certificate
auth_mechanisms = $mechanisms
disable_plaintext_auth = $auth_needs_tls
# Any character in a user name, and its case kept.
auth_username_chars =
auth_username_format = %u
# Tests log in wrongly all the time: half a second after a failure, which is the least that
# Dovecot waits, and no penalty for the address.
auth_failure_delay = 0
auth_verbose = yes
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
mail_max_userip_connections = 0
first_valid_uid = 1
mail_location = maildir:~/Maildir:UTF-8
namespace inbox {
  inbox = yes
  separator = /
}
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $pop3
  }
  inet_listener pop3s {
    port = $pop3s
    ssl = yes
  }
}
passdb {
  driver = passwd-file
  args = $shared/users
  mechanisms = $password_mechanisms
}
passdb {
  driver = oauth2
  args = $shared/oauth2
  mechanisms = $token_mechanisms
}
userdb {
  driver = passwd-file
  args = $shared/users
}
# For LMTP, which knows addresses and no logins.
userdb {
  driver = passwd-file
  args = $shared/addresses
}
""")

_ORDINARY_USER = Template("""\
default_internal_user = $user
default_login_user = $user
default_internal_group = $group
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service pop3-login {
  chroot =
}
service stats {
  chroot =
}
""")

# Dovecot has a setting for the oldest TLS version only; OpenSSL's own file limits the newest.
OPENSSL = Template("""\
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = versions
[versions]
MinProtocol = $oldest
MaxProtocol = $newest
""")

# An empty active_attribute would break every authentication.
OAUTH2 = Template("""\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$shared/keys/
username_attribute = sub
active_attribute = aud
active_value = $audience
""")


def ordinary_user() -> str:
    """Return the settings for running as who we are; root needs none."""
    if os.geteuid() == 0:
        return ""
    return _ORDINARY_USER.substitute(
        user=pwd.getpwuid(os.geteuid()).pw_name, group=grp.getgrgid(os.getegid()).gr_name
    )
