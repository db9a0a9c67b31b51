"""The forms: fields, buttons, and the checks beside them."""
