"""Who people are: passwords, sign-in, second factors, limits on tries."""

AUTH_USER_MODEL = "accounts.User"
# One backend alone: a second would hash a wrong password a second time.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "storefront.passwords.MixedCharactersValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "storefront.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "storefront.allauth_forms.SignupForm",
    "login": "storefront.allauth_forms.LoginForm",
    "add_email": "storefront.allauth_forms.AddEmailForm",
    "change_password": "storefront.allauth_forms.ChangePasswordForm",
    "set_password": "storefront.allauth_forms.SetPasswordForm",
    "reset_password": "storefront.allauth_forms.ResetPasswordForm",
    "reset_password_from_key": "storefront.allauth_forms.ResetPasswordKeyForm",
    "reauthenticate": "storefront.allauth_forms.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "storefront.allauth_forms.AuthenticateForm",
    "reauthenticate": "storefront.allauth_forms.ReauthenticateByCodeForm",
    "activate_totp": "storefront.allauth_forms.ActivateTOTPForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True  # tell people of changes to what they sign in with
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    "login_failed": "10/m/ip,5/h/key",  # the key is an account and an address, see the adapter
    "signup": "20/h/ip",
}
PASSWORD_RESET_TIMEOUT = 3600
MFA_ADAPTER = "storefront.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Stoa"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else nobody with a second factor could change the address
MFA_REQUIRED_FOR_STAFF = True
