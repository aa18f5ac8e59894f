"""Do the things exist that the content and the outputs refer to.

`named` finds what the content names, `lookup` looks it up in a checkout of the service's
own repository, `inside` follows the links of the outputs, `online` asks web addresses.
"""
