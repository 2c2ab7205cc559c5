import { useId, useState, type FormEvent } from "react";
import type { WarrenError } from "@generated/demo";

interface AccountFormProps {
  action: string;
  event: "userLogin" | "userRegister";
  busy: boolean;
  disabled: boolean;
  error: WarrenError | undefined;
  onSubmit: (name: string, password: string) => void;
}

// A name and a password.  What the router refuses is shown at the field that it names.
export function AccountForm({ action, event, busy, disabled, error, onSubmit }: AccountFormProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const of = (field: string) => (error?.field === field ? error.message : undefined);
  const elsewhere = error && error.field !== "name" && error.field !== "password" ? error : undefined;

  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    onSubmit(name, password);
  };
  return (
    <form onSubmit={submit} noValidate aria-label={action}>
      <Field label="Name" value={name} onChange={setName} error={of("name")} autoComplete="username" />
      <Field
        label="Password"
        type="password"
        value={password}
        onChange={setPassword}
        error={of("password")}
        autoComplete={event === "userLogin" ? "current-password" : "new-password"}
      />
      <button type="submit" disabled={busy || disabled}>
        {busy ? "Waiting for the answer…" : action}
      </button>
      {elsewhere && (
        <p className="answer bad" role="alert">
          {elsewhere.message} <code>{elsewhere.code}</code>
        </p>
      )}
    </form>
  );
}

interface FieldProps {
  label: string;
  value: string;
  error: string | undefined;
  autoComplete: string;
  type?: "text" | "password";
  onChange: (value: string) => void;
}

function Field({ label, value, error, autoComplete, type = "text", onChange }: FieldProps) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={label.toLowerCase()}
        type={type}
        value={value}
        autoComplete={autoComplete}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-error`}
        onChange={(changed) => onChange(changed.target.value)}
      />
      <span className="error" id={`${id}-error`} role={error ? "alert" : undefined}>
        {error}
      </span>
    </p>
  );
}
